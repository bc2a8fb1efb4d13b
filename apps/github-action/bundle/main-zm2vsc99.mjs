import{f}from"./main-12ymng70.mjs";import{dn}from"./main-tz324pyr.mjs";import{O}from"./main-t99zkp88.mjs";async function je(e){let{file:r}=e.input;await e.read("token_store",f.token_store.schema);let o=await dn("token_store",e.raw("token_store"),r),t=o&&O(o,"token_store",f.token_store.schema);return t!==void 0&&"value"in t?t.value:"auto"}
export{je};
