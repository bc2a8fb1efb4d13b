import"./main-12ymng70.mjs";import{Ht}from"./main-b2wb5hyt.mjs";import"./main-t99zkp88.mjs";import{Xe,Qn,A}from"./main-yjfp0f6m.mjs";function i(){let{bun:e,deno:n,node:o}=process.versions;return e!==void 0?`Bun ${e}`:n!==void 0?`Deno ${n}`:`Node.js ${o}`}var s=2000;async function l({diagnose:e},n){let{steps:o}=await e({isOffline:!1,programName:"tegata",versions:[i(),n.platform]}),t=crypto.randomUUID();await n.writeStdout([`::group::what was found on the way to the credentials
`,`::stop-commands::${t}
`,...o.flatMap(m).map((r)=>`${r}
`),`::${t}::
`,`::endgroup::
`].join(""))}function m({id:e,state:n,message:o,hint:t}){let r=t&&Qn(t,Ht),[a="",...d]=Xe(o,Ht).split(`
`);return[`${n.padEnd(7)} ${e}: ${A(a,s)}`,...[...d,...r===void 0?[]:[`hint: ${r}`]].map((p)=>`        ${A(p,s)}`)]}export{l as explainFailure};
