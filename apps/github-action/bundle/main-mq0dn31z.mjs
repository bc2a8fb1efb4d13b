import{f}from"./main-3chz5kvg.mjs";import{cn}from"./main-bj4aavvy.mjs";import{L}from"./main-akhcq0x4.mjs";async function qe(e){let{file:r}=e.input;await e.read("token_store",f.token_store.schema);let o=await cn("token_store",e.raw("token_store"),r),t=o&&L(o,"token_store",f.token_store.schema);return t!==void 0&&"value"in t?t.value:"auto"}
export{qe};
