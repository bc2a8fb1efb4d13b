import{st,ae}from"./main-ypr38jmz.mjs";import"./main-5aqrby0a.mjs";export{ae as allAuthorities,st as readTrustedAuthorities};
