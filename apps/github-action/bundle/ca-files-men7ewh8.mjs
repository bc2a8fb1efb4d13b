import{We,Z}from"./main-dx7dy67y.mjs";export{Z as allAuthorities,We as readTrustedAuthorities};
