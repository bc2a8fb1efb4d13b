import{So}from"./main-t3wvjwvh.mjs";export{So as createKeyring};
