import{wo}from"./main-pg55g2sx.mjs";import"./main-wmg9mn7k.mjs";import"./main-de0xd896.mjs";import"./main-wqyg1a1j.mjs";import"./main-smz54brn.mjs";export{wo as awsConfigBlockState};
