import{qt}from"./main-jakgzk37.mjs";import"./main-tcsbg0p3.mjs";import"./main-b4yw8zde.mjs";export{qt as chainOf};
