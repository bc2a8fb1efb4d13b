import{Ie,le,ze,de}from"./main-2e4venff.mjs";async function e(t){let{env:r,machine:o}=t;if(r.STATE_exported!=="true")return;try{if(r.AWS_SKIP_CLEANUP_STEP?.trim().toLowerCase()==="true"){await t.writeStdout(`AWS_SKIP_CLEANUP_STEP is true: the credentials stay in the environment
`);return}await Ie(ze(r),o)}catch(i){await t.writeStdout(le("warning",i)).catch(()=>{return})}}await e(de());
