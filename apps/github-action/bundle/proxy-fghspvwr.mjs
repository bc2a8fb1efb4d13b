import{$r}from"./main-m2zgamwy.mjs";export{$r as proxies};
