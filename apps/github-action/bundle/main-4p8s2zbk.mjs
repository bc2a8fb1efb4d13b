import{f}from"./main-smz54brn.mjs";import{un}from"./main-8wjmzdtr.mjs";import{O}from"./main-97mq5r2g.mjs";async function je(e){let{file:r}=e.input;await e.read("token_store",f.token_store.schema);let o=await un("token_store",e.raw("token_store"),r),t=o&&O(o,"token_store",f.token_store.schema);return t!==void 0&&"value"in t?t.value:"auto"}
export{je};
