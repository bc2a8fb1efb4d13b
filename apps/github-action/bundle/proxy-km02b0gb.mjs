import{Wr}from"./main-axj6g2vp.mjs";export{Wr as proxies};
