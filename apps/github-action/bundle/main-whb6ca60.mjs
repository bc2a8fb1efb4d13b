import{posix as r,win32 as s}from"node:path";function Oe(n,i,e){let t=e==="win32";if(i===void 0||i===""||!(t?/^~([\\/]|$)/:/^~(\/|$)/).test(n))return n;return(t?s:r).join(i,n.slice(1))}function at(n,i){return(i==="win32"?s:r).isAbsolute(n)}
export{Oe,at};
