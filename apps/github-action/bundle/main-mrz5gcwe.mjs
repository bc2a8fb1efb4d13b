function bt(e,t){return Object.hasOwn(t,e)?{value:t[e],origin:{kind:"default",name:`the default ${e}`}}:void 0}
export{bt};
