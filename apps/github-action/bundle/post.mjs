import{re,de,oe,Ge}from"./main-wta5cnb5.mjs";async function e(t){let{env:r,machine:i}=t;if(r.STATE_exported!=="true")return;try{if(r.AWS_SKIP_CLEANUP_STEP?.trim().toLowerCase()==="true"){await t.writeStdout(`AWS_SKIP_CLEANUP_STEP is true: the credentials stay in the environment
`);return}await de(Ge(r),i)}catch(o){await t.writeStdout(oe("warning",o)).catch(()=>{return})}}await e(re());
