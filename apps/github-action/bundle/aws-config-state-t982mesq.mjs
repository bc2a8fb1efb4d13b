import{Bo}from"./main-ngbcn4fy.mjs";import"./main-4m9cfpvf.mjs";import"./main-44ha5v21.mjs";import"./main-jafhtk61.mjs";import"./main-12ymng70.mjs";export{Bo as awsConfigBlockState};
