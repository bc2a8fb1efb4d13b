import{posix as r,win32 as e}from"node:path";function ut(n,i,t){let s=t==="win32";if(i===void 0||i===""||!(s?/^~([\\/]|$)/:/^~(\/|$)/).test(n))return n;return(s?e:r).join(i,n.slice(1))}function Pn(n,i){return(i==="win32"?e:r).isAbsolute(n)}function oi(n,i,t){return i===void 0?n:(t==="win32"?e:r).resolve(i,n)}
export{ut,Pn,oi};
