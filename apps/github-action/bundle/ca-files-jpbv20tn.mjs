import{tt,ie}from"./main-hyb4jab4.mjs";import"./main-4g3akyh2.mjs";export{ie as allAuthorities,tt as readTrustedAuthorities};
