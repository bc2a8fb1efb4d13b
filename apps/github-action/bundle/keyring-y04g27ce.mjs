import{ko}from"./main-qwrc3qzj.mjs";export{ko as createKeyring};
