import"./main-3chz5kvg.mjs";import{Ot}from"./main-csza42w5.mjs";import"./main-akhcq0x4.mjs";import{Ke,Cn,a}from"./main-58dkam2w.mjs";function i(){let{bun:e,deno:n,node:o}=process.versions;return e!==void 0?`Bun ${e}`:n!==void 0?`Deno ${n}`:`Node.js ${o}`}var s=2000;async function y({diagnose:e},n){let{steps:o}=await e({isOffline:!1,programName:"tegata",versions:[i(),n.platform]}),t=crypto.randomUUID();await n.writeStdout([`::group::what was found on the way to the credentials
`,`::stop-commands::${t}
`,...o.flatMap(u).map((r)=>`${r}
`),`::${t}::
`,`::endgroup::
`].join(""))}function u({id:e,state:n,message:o,hint:t}){let r=t&&Cn(t,Ot),[d="",...p]=Ke(o,Ot).split(`
`);return[`${n.padEnd(7)} ${e}: ${a(d,s)}`,...[...p,...r===void 0?[]:[`hint: ${r}`]].map((m)=>`        ${a(m,s)}`)]}export{y as explainFailure};
