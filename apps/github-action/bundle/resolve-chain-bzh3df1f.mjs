import{ln}from"./main-nawb8yc7.mjs";import"./main-z7sw4qtv.mjs";import"./main-5hwttqv1.mjs";export{ln as chainOf};
