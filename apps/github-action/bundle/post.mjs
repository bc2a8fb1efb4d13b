import{ye,de,Ke,fe}from"./main-j31s6d8d.mjs";async function e(t){let{env:r,machine:o}=t;if(r.STATE_exported!=="true")return;try{if(r.AWS_SKIP_CLEANUP_STEP?.trim().toLowerCase()==="true"){await t.writeStdout(`AWS_SKIP_CLEANUP_STEP is true: the credentials stay in the environment
`);return}await ye(Ke(r),o)}catch(i){await t.writeStdout(de("warning",i)).catch(()=>{return})}}await e(fe());
