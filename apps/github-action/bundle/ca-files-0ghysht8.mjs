import{ot,X}from"./main-1q1a0252.mjs";export{X as allAuthorities,ot as readTrustedAuthorities};
