import{Ii}from"./main-49d0z102.mjs";function Ue(r){let{set:n,unset:s,failure:o,separator:a=`
`,word:l}=r;return{render:(g)=>`${g.map(([t,e])=>e===void 0?s(t):n(t,e)).join(a)}
`,failure:`${o}
`,word:l}}function Pe(r){return(n)=>/^[\w+:./-][\w@+=:,./-]*$/.test(n)?n:r(n)}function u(r,n){return`export ${r}=${i(n)};`}function d(r){return`unset ${r};`}function D(r){if(/^(?!=)[\w@%+=:,./-]+$/.test(r))return r;return Ii(r)?`$'${f(r)}'`:i(r)}var Vn=Ue({set:u,unset:d,failure:"false",word:D}),m=Vn.failure;function i(r){return`'${r.replaceAll("'",String.raw`'\''`)}'`}function f(r){return[...new TextEncoder().encode(r)].map((n)=>n>31&&n<127&&n!==39&&n!==92?String.fromCharCode(n):`\\${n.toString(8).padStart(3,"0")}`).join("")}
export{Ue,Pe,D,Vn};
