import{createHash as r}from"node:crypto";function me(t){return r("sha256").update(t).digest("hex")}
export{me};
