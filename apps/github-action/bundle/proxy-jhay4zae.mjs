import{Yr}from"./main-n2fjrnqh.mjs";export{Yr as proxies};
