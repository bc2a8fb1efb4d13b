function c({caCertificates:n}){if(n===void 0)return(t,e)=>fetch(t,e);let r=Deno.createHttpClient({caCerts:[n]});return(t,e)=>{let o={...e,client:r};return fetch(t,o)}}export{c as createFetch};
