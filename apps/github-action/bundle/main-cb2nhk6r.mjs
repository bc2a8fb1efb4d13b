class n extends Error{name="TegataError";code;hint;details;constructor(e,t,r={}){super(t,r.cause===void 0?void 0:{cause:r.cause});this.code=e,this.hint=r.hint,this.details=r.details??{}}}function A(e){return e instanceof Error&&e.name==="TegataError"&&"code"in e}
export{n,A};
