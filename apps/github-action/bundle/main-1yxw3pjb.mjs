import{createHash as r}from"node:crypto";function pe(t){return r("sha256").update(t).digest("hex")}
export{pe};
