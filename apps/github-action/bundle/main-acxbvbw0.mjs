var r=/^(?:BUN_BE_BUN|BUN_OPTIONS|BUN_INSPECT(?:_\w+)?)$/,a=/^(?:LD_PRELOAD|LD_AUDIT|DYLD_INSERT_LIBRARIES)$/;function Zn(n){let o=Object.keys(n);return{ofBun:o.filter((e)=>r.test(e)),ofLoader:o.filter((e)=>a.test(e))}}
export{Zn};
