import{ln}from"./main-ffdsra1y.mjs";import"./main-p6dr8h0q.mjs";import"./main-ckeskg1z.mjs";export{ln as chainOf};
