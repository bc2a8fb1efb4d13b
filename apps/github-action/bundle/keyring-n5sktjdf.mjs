import{bo}from"./main-w9pak0n9.mjs";export{bo as createKeyring};
