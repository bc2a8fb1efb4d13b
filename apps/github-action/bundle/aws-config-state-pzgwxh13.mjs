import{Io}from"./main-sazgz4rw.mjs";import"./main-1j8ch692.mjs";import"./main-6jfn40ey.mjs";import"./main-x3awwdm5.mjs";import"./main-3chz5kvg.mjs";export{Io as awsConfigBlockState};
