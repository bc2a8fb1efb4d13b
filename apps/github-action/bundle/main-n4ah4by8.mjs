/*!
 * Copyright (c) Squirrel Chat et al., All rights reserved.
 * SPDX-License-Identifier: BSD-3-Clause
 *
 * Redistribution and use in source and binary forms, with or without
 * modification, are permitted provided that the following conditions are met:
 *
 * 1. Redistributions of source code must retain the above copyright notice, this
 *    list of conditions and the following disclaimer.
 * 2. Redistributions in binary form must reproduce the above copyright notice,
 *    this list of conditions and the following disclaimer in the
 *    documentation and/or other materials provided with the distribution.
 * 3. Neither the name of the copyright holder nor the names of its contributors
 *    may be used to endorse or promote products derived from this software without
 *    specific prior written permission.
 *
 * THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND
 * ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED
 * WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
 * DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE
 * FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
 * DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
 * SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER
 * CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,
 * OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
 * OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
 */function B(e,r){let n=e.slice(0,r).split(/\r?\n/);return[n.length,n.pop().length+1]}function M(e,r,n){let t=e.split(/\r?\n/),a="",l=(Math.log10(r+1)|0)+1;for(let i=r-1;i<=r+1;i++){let s=t[i-1];if(!s)continue;if(a+=i.toString().padEnd(l," "),a+=":  ",a+=s,a+=`
`,i===r)a+=" ".repeat(l+n+2),a+=`^
`}return a}class p extends Error{line;column;codeblock;constructor(e,r){let[n,t]=B(r.toml,r.ptr),a=M(r.toml,n,t);super(`Invalid TOML document: ${e}

${a}`,r);this.line=n,this.column=t,this.codeblock=a}static x(e,r,n){throw new p(e,{toml:r.s,ptr:n??r.p})}}/*!
 * Copyright (c) Squirrel Chat et al., All rights reserved.
 * SPDX-License-Identifier: BSD-3-Clause
 *
 * Redistribution and use in source and binary forms, with or without
 * modification, are permitted provided that the following conditions are met:
 *
 * 1. Redistributions of source code must retain the above copyright notice, this
 *    list of conditions and the following disclaimer.
 * 2. Redistributions in binary form must reproduce the above copyright notice,
 *    this list of conditions and the following disclaimer in the
 *    documentation and/or other materials provided with the distribution.
 * 3. Neither the name of the copyright holder nor the names of its contributors
 *    may be used to endorse or promote products derived from this software without
 *    specific prior written permission.
 *
 * THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND
 * ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED
 * WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
 * DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE
 * FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
 * DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
 * SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER
 * CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,
 * OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
 * OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
 */function T(e){let r=e.p,n=e.s.charCodeAt(e.p++),t=n,a=n===39,l=n===e.s.charCodeAt(e.p)&&n===e.s.charCodeAt(e.p+1);if(l){if((n=e.s.charCodeAt(e.p+=2))===10)e.p++;else if(n===13&&e.s.charCodeAt(e.p+1)===10)e.p+=2}let i="",s=e.p,f=0;for(;e.p<e.s.length;e.p++)if(n=e.s.charCodeAt(e.p),l&&(n===10||n===13&&e.s.charCodeAt(e.p+1)===10))f=f&&3;else if(n<32&&n!==9||n===127)p.x("control characters are not allowed in strings",e);else if((!f||f===3)&&n===t&&(!l||e.s.charCodeAt(e.p+1)===t&&e.s.charCodeAt(e.p+2)===t)){if(l){if(e.s.charCodeAt(e.p+3)===t)e.p++;if(e.s.charCodeAt(e.p+3)===t)e.p++}if(!f){let o=e.s.slice(s,e.p);i=i?i+o:o}return e.p+=l?3:1,i}else if(!f){if(!a&&n===92)i+=e.s.slice(s,s=e.p),f=1}else if(f===1)if(n===120||n===117||n===85){let o=e.p++-1,u=0,d=n===120?2:n===117?4:8;for(let g=0;g<d;g++,e.p++){let m=e.s.charCodeAt(e.p),S=m>=48&&m<=57?m-48:m>=65&&m<=70?m-65+10:m>=97&&m<=102?m-97+10:-1;if(S<0)p.x("invalid non-hex character in unicode escape",e);u=u<<4|S}if(u<0||u>1114111||u>=55296&&u<=57343)p.x("invalid unicode escape",e,o);i+=String.fromCodePoint(u),s=e.p--,f=0}else if(l&&(n===32||n===9))f=2;else{if(n===98)i+="\b";else if(n===116)i+="\t";else if(n===110)i+=`
`;else if(n===102)i+="\f";else if(n===114)i+="\r";else if(n===101)i+="\x1B";else if(n===34)i+='"';else if(n===92)i+="\\";else p.x("unrecognised escape sequence",e);s=e.p+1,f=0}else if(n!==32&&n!==9){if(f===2)p.x("invalid escape: only line-ending whitespace may be escaped",e,s);f=!a&&n===92?1:0,s=e.p}p.x("unfinished string",e,r)}/*!
 * Copyright (c) Squirrel Chat et al., All rights reserved.
 * SPDX-License-Identifier: BSD-3-Clause
 *
 * Redistribution and use in source and binary forms, with or without
 * modification, are permitted provided that the following conditions are met:
 *
 * 1. Redistributions of source code must retain the above copyright notice, this
 *    list of conditions and the following disclaimer.
 * 2. Redistributions in binary form must reproduce the above copyright notice,
 *    this list of conditions and the following disclaimer in the
 *    documentation and/or other materials provided with the distribution.
 * 3. Neither the name of the copyright holder nor the names of its contributors
 *    may be used to endorse or promote products derived from this software without
 *    specific prior written permission.
 *
 * THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND
 * ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED
 * WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
 * DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE
 * FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
 * DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
 * SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER
 * CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,
 * OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
 * OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
 */var W=/^(\d{4}-\d{2}-\d{2})?[Tt ]?(?:(\d{2}):\d{2}(?::\d{2}(?:\.\d+)?)?)?(Z|z|[-+]\d{2}:\d{2})?$/i;class C extends Date{#r=!1;#i=!1;#e=null;constructor(e,r,n){let t=!0,a=!0,l="Z",i;if(typeof e==="string")if(r)e:{if(r<3){if(+e.slice(11,13)>23){e="";break e}if(r===2)l=null,e+="Z";else if((i=e.charCodeAt(e.length-1))!==90&&i!==122)l=e.slice(e.length-6);if(n)e=e.slice(0,10)+"T"+e.slice(11)}else if(r===4)e=+e.slice(0,2)>23?"":`0000-01-01T${e}Z`;t=r!==4,a=r!==3}else{let s=e.match(W);if(s){if(!s[1])t=!1,e=`0000-01-01T${e}`;if(a=!!s[2],a&&e[10]===" "&&(e=e.replace(" ","T")),s[2]&&+s[2]>23)e="";else if(l=s[3]||null,!l&&a)e+="Z"}else e=""}super(e);if(!isNaN(this.getTime()))this.#r=t,this.#i=a,this.#e=l}isDateTime(){return this.#r&&this.#i}isLocal(){return!this.#r||!this.#i||!this.#e}isDate(){return this.#r&&!this.#i}isTime(){return this.#i&&!this.#r}isValid(){return this.#r||this.#i}toISOString(){let e=super.toISOString();if(this.isDate())return e.slice(0,10);if(this.isTime())return e.slice(11,23);if(this.#e===null)return e.slice(0,-1);if(this.#e==="Z"||this.#e==="z")return e;let r=+this.#e.slice(1,3)*60+ +this.#e.slice(4,6);return r=this.#e[0]==="-"?r:-r,new Date(this.getTime()-r*60000).toISOString().slice(0,-1)+this.#e}static wrapAsOffsetDateTime(e,r="Z"){let n=new C(e);return n.#e=r,n}static wrapAsLocalDateTime(e){let r=new C(e);return r.#e=null,r}static wrapAsLocalDate(e){let r=new C(e);return r.#i=!1,r.#e=null,r}static wrapAsLocalTime(e){let r=new C(e);return r.#r=!1,r.#e=null,r}}/*!
 * Copyright (c) Squirrel Chat et al., All rights reserved.
 * SPDX-License-Identifier: BSD-3-Clause
 *
 * Redistribution and use in source and binary forms, with or without
 * modification, are permitted provided that the following conditions are met:
 *
 * 1. Redistributions of source code must retain the above copyright notice, this
 *    list of conditions and the following disclaimer.
 * 2. Redistributions in binary form must reproduce the above copyright notice,
 *    this list of conditions and the following disclaimer in the
 *    documentation and/or other materials provided with the distribution.
 * 3. Neither the name of the copyright holder nor the names of its contributors
 *    may be used to endorse or promote products derived from this software without
 *    specific prior written permission.
 *
 * THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND
 * ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED
 * WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
 * DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE
 * FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
 * DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
 * SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER
 * CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,
 * OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
 * OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
 */function h(e,r=10){return r===16?e>47&&e<58||e>64&&e<71||e>96&&e<103:e>47&&e<48+r}function v(e,r){return e===32||e===9||e===10||e===13||r&&(e===r||e===44)||e===35}function b(e,r){let n=e.p,t=e.s.charCodeAt(e.p);if(t===91||t===123){e.d--||p.x("document contains excessively nested structures. aborting.",e);let a=t===91?_(e):N(e);return e.d++,a}if(t===34||t===39)return T(e);if(t===116){if(e.s.charCodeAt(++e.p)!==114||e.s.charCodeAt(++e.p)!==117||e.s.charCodeAt(++e.p)!==101)p.x("invalid value",e,n);return e.p++,!0}if(t===102){if(e.s.charCodeAt(++e.p)!==97||e.s.charCodeAt(++e.p)!==108||e.s.charCodeAt(++e.p)!==115||e.s.charCodeAt(++e.p)!==101)p.x("invalid value",e,n);return e.p++,!1}if(t===43||t===45)return c(e,e.p,e.s.charCodeAt(++e.p),44-t,r);if(e.s.charCodeAt(e.p+4)===45&&e.s.charCodeAt(e.p+7)===45)return j(e,t,r);if(e.s.charCodeAt(e.p+2)===58)return U(e,t,r);return c(e,e.p,t,0,r)}function c(e,r,n,t,a){let l=n,i=0,s=!1;if(l===105){if(e.s.charCodeAt(++e.p)!==110||e.s.charCodeAt(++e.p)!==102)p.x("invalid value",e,r);return e.p++,(t||1)/0}if(l===110){if(e.s.charCodeAt(++e.p)!==97||e.s.charCodeAt(++e.p)!==110)p.x("invalid value",e,r);return e.p++,NaN}if(l===48){if(++e.p>=e.s.length||v(l=e.s.charCodeAt(e.p),a))return e.bi===!0?0n:0;if(!t){if(l===120)return O(e,r,16,a);else if(l===98)return O(e,r,2,a);else if(l===111)return O(e,r,8,a)}if(l===46)i=2;else if(l===101||l===69)i=4;else p.x("illegal leading zero",e,r)}else if(!h(l))p.x("invalid value",e,r);while(++e.p<e.s.length&&(l=e.s.charCodeAt(e.p),!v(l,a))){if(!i)i=1;if(l===95){if(!(i&1))p.x("illegal underscore",e);i+=11,s=!0}else if(i===1&&l===46)i=2;else if((i===1||i===3)&&(l===101||l===69))i=4;else if(i===4&&(l===43||l===45))i=6;else if(!h(l))p.x("illegal character in numeric literal",e);else if(i>9)i-=11;else if(!(i&1))i++}if(!i){let o=(n-48)*(t||1);return e.bi===!0?BigInt(o):o}if(!(i&1))p.x("unfinished numeric value",e,r);let f=e.s.slice(r,e.p);if(s)f=f.replaceAll("_","");return i>1?parseFloat(f):I(e,f,10,r)}function O(e,r,n,t){let a,l=1;while(++e.p<e.s.length&&(a=e.s.charCodeAt(e.p),!v(a,t)))if(a===95){if(l&1)p.x("illegal underscore",e);l=3}else if(!h(a,n))p.x("illegal character in numeric literal",e);else if(l&1)l--;if(l&1)p.x("unfinished numeric value",e);let i=e.s.slice(r+2,e.p);if(l)i=i.replaceAll("_","");return I(e,i,n,r)}function I(e,r,n,t){if(e.bi!==!0)e:{let a=parseInt(r,n);if(!Number.isSafeInteger(a)){if(e.bi)break e;p.x("integer value cannot be represented losslessly",e,t)}return a}return n===10?BigInt(r):BigInt((n===2?"0b":n===8?"0o":"0x")+r)}function j(e,r,n){let t=e.p++,a;if(!h(r)||!h(e.s.charCodeAt(e.p++))||!h(e.s.charCodeAt(e.p++))||!h(e.s.charCodeAt(e.p++)))return c(e,e.p=t,r,0,n);if(e.p+=5,!h(e.s.charCodeAt(e.p++)))p.x("invalid date-time: date part is malformed",e,t);if(e.p>=e.s.length||((r=e.s.charCodeAt(e.p))!==32||(a=!0,!h(e.s.charCodeAt(e.p+1))))&&r!==84&&r!==116){let i=e.s.slice(t,e.p);return y(e,i,3,!1,t)}if(e.s.charCodeAt(e.p+=3)!==58)p.x("invalid date-time: time part is malformed",e,t);if(e.s.charCodeAt(e.p+=3)===58)e.p+=3;if(e.s.charCodeAt(e.p)===46)while(h(e.s.charCodeAt(++e.p)));if(r=e.s.charCodeAt(e.p)){if(r===90||r===122){let i=e.s.slice(t,++e.p);return y(e,i,1,a,t,"[+00:00]")}if(r===43||r===45){let i=e.s.slice(t,e.p+=6);return y(e,i,1,a,t,!e.ld&&"["+e.s.slice(e.p-6,e.p)+"]")}}let l=e.s.slice(t,e.p);return y(e,l,2,a,t)}function U(e,r,n){let t=e.p;if(!h(r)||!h(e.s.charCodeAt(++e.p)))return c(e,--e.p,r,0,n);if(e.s.charCodeAt(e.p+=4)===58)e.p+=3;if(e.s.charCodeAt(e.p)===46)while(h(e.s.charCodeAt(++e.p)));let a=e.s.slice(t,e.p);return y(e,a,4,!1,t)}function y(e,r,n,t,a,l){if(e.ld){let i=new C(r,n,t);if(!i.isValid())p.x("invalid date",e,a);return i}try{if(l)r+=l;switch(n){case 1:return Temporal.ZonedDateTime.from(r);case 2:return Temporal.PlainDateTime.from(r);case 3:return Temporal.PlainDate.from(r);case 4:return Temporal.PlainTime.from(r)}}catch(i){p.x(i instanceof Error?i.message:""+i,e,a)}}/*!
 * Copyright (c) Squirrel Chat et al., All rights reserved.
 * SPDX-License-Identifier: BSD-3-Clause
 *
 * Redistribution and use in source and binary forms, with or without
 * modification, are permitted provided that the following conditions are met:
 *
 * 1. Redistributions of source code must retain the above copyright notice, this
 *    list of conditions and the following disclaimer.
 * 2. Redistributions in binary form must reproduce the above copyright notice,
 *    this list of conditions and the following disclaimer in the
 *    documentation and/or other materials provided with the distribution.
 * 3. Neither the name of the copyright holder nor the names of its contributors
 *    may be used to endorse or promote products derived from this software without
 *    specific prior written permission.
 *
 * THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND
 * ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED
 * WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
 * DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE
 * FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
 * DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
 * SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER
 * CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,
 * OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
 * OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
 */function K(e){for(;e.p<e.s.length;e.p++){let r=e.s.charCodeAt(e.p);if(r===10)break;if(r===13&&e.s.charCodeAt(e.p+1)===10){e.p++;break}if(r<32&&r!==9||r===127)p.x("control characters are not allowed in comments",e)}}function A(e,r,n){let t;while(e.p<e.s.length){while(e.p<e.s.length&&((t=e.s.charCodeAt(e.p))===32||t===9||!r&&(t===10||t===13&&e.s.charCodeAt(e.p+1)===10)))e.p++;if(n||t!==35)break;K(e)}}/*!
 * Copyright (c) Squirrel Chat et al., All rights reserved.
 * SPDX-License-Identifier: BSD-3-Clause
 *
 * Redistribution and use in source and binary forms, with or without
 * modification, are permitted provided that the following conditions are met:
 *
 * 1. Redistributions of source code must retain the above copyright notice, this
 *    list of conditions and the following disclaimer.
 * 2. Redistributions in binary form must reproduce the above copyright notice,
 *    this list of conditions and the following disclaimer in the
 *    documentation and/or other materials provided with the distribution.
 * 3. Neither the name of the copyright holder nor the names of its contributors
 *    may be used to endorse or promote products derived from this software without
 *    specific prior written permission.
 *
 * THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND
 * ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED
 * WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
 * DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE
 * FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
 * DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
 * SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER
 * CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,
 * OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
 * OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
 */function k(e,r=61){let n,t=0,a=[],l,i=e.s.charCodeAt(n=e.p);do if(i===r){if(!t)p.x("unexpected end of key",e);if(t===1)a.push(e.s.slice(l,e.p));return e.p++,a}else if(i===46){if(!t)p.x("illegal empty bare key",e);if(t===1)a.push(e.s.slice(l,e.p));t=0}else if(!t&&(i===34||i===39)){if(i===e.s.charCodeAt(e.p+1)&&i===e.s.charCodeAt(e.p+2))p.x("illegal quoted key: multiline strings are not allowed",e);a.push(T(e)),t=2,e.p--}else if(i===32||i===9){if(t===1)a.push(e.s.slice(l,e.p)),t=2}else if(t===2||i<48&&i!==45||i>57&&i<65||i>90&&i<97&&i!==95||i>122)p.x("illegal character in key",e);else if(!t)t=1,l=e.p;while(i=e.s.charCodeAt(++e.p));p.x("incomplete key-value: cannot find end of key",e,n)}function N(e){let r=e.p++,n=Object.create(null),t=new Set,a;while(e.p<e.s.length){if(A(e),(a=e.s.charCodeAt(e.p))===125)return e.p++,n;let l,i=n,s=!1,f=e.p,o=k(e);for(let d=0;d<o.length;d++){if(d)i=s?i[l]:i[l]=Object.create(null);if(l=o[d],(s=Object.hasOwn(i,l))&&(typeof i[l]!=="object"||t.has(i[l])))p.x("trying to redefine an already defined value",e,f);let g=l==="__proto__";if(e.uk&&(g||l==="constructor")){i=e.uk!==1&&p.x("document contains an unsafe property",e,f);break}if(!s&&g)Object.defineProperty(i,l,{enumerable:!0,configurable:!0,writable:!0})}if(s)p.x("trying to redefine an already defined value",e,f);A(e,!0,!0);let u=b(e,125);if(i&&typeof(i[l]=u)==="object")t.add(u);if(A(e),(a=e.s.charCodeAt(e.p++))===125)return n;if(a!==44)p.x("expected comma or end of structure",e,e.p-1)}p.x("unfinished table",e,r)}function _(e){let r=e.p++,n=[],t;while(e.p<e.s.length){if(A(e),(t=e.s.charCodeAt(e.p))===93)return e.p++,n;if(n.push(b(e,93)),A(e),(t=e.s.charCodeAt(e.p++))===93)return n;if(t!==44)p.x("expected comma or end of structure",e,e.p-1)}p.x("unfinished array",e,r)}/*!
 * Copyright (c) Squirrel Chat et al., All rights reserved.
 * SPDX-License-Identifier: BSD-3-Clause
 *
 * Redistribution and use in source and binary forms, with or without
 * modification, are permitted provided that the following conditions are met:
 *
 * 1. Redistributions of source code must retain the above copyright notice, this
 *    list of conditions and the following disclaimer.
 * 2. Redistributions in binary form must reproduce the above copyright notice,
 *    this list of conditions and the following disclaimer in the
 *    documentation and/or other materials provided with the distribution.
 * 3. Neither the name of the copyright holder nor the names of its contributors
 *    may be used to endorse or promote products derived from this software without
 *    specific prior written permission.
 *
 * THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND
 * ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED
 * WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
 * DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE
 * FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
 * DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
 * SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER
 * CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,
 * OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
 * OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
 */function L(e,r,n,t,a){let l=n,i=t,s,f=!1,o;for(let u=0;u<r.length;u++){if(u){if(l=f?l[s]:l[s]=Object.create(null),i=(o=i[s]).c,a===0&&(o.t===1||o.t===2))return null;if(o.t===2){let d=l.length-1;l=l[d],i=i[d].c}}if(s=r[u],(f=Object.hasOwn(l,s))&&i[s]?.t===0&&i[s]?.d)return null;if(!f){let d=s==="__proto__";if(e.uk&&(d||s==="constructor"))return!1;if(d)Object.defineProperty(l,s,{enumerable:!0,configurable:!0,writable:!0}),Object.defineProperty(i,s,{enumerable:!0,configurable:!0,writable:!0});i[s]={t:u<r.length-1&&a===2?3:a,d:!1,i:0,c:Object.create(null)}}}if(o=i[s],o.t!==a&&!(a===1&&o.t===3))return null;if(a===2){if(!o.d)o.d=!0,l[s]=[];l[s].push(l=Object.create(null)),o.c[o.i++]=o={t:1,d:!1,i:0,c:Object.create(null)}}if(o.d)return null;if(o.d=!0,a===1)l=f?l[s]:l[s]=Object.create(null);else if(a===0&&f)return null;return[s,l,o.c]}function P(e,r,n){if(r===null||e.uk===2)p.x(r===null?"trying to redefine an already defined table or value":"document contains an unsafe property",e,n)}function rt(e,r={}){let n={s:e,p:0,d:r.maxDepth??1000,bi:r.integersAsBigInt??!1,ld:r.useLegacyDate??!0,uk:r.unsafeKeyBehaviour==="throw"?2:r.unsafeKeyBehaviour==="drop"?1:0},t=Object.create(null),a=Object.create(null),l,i=!1,s=t,f=a;if(e.charCodeAt(0)===65279)n.p++;A(n);while(n.p<e.length){if(e.charCodeAt(n.p)===91){let o=e.charCodeAt(++n.p)===91;l=n.p+=+o,i=!1;let u=k(n,93);if(o){if(e.charCodeAt(n.p)!==93)p.x("expected end of table array declaration",n);n.p++}let d=L(n,u,t,a,o?2:1);if(!d)P(n,d,l),i=!0;else f=d[2],s=d[1]}else{l=n.p;let o=k(n),u=L(n,o,s,f,0);if(!u&&!i)P(n,u,l);A(n,!0,!0);let d=b(n,void 0);if(u&&!i)u[1][u[0]]=d}if(A(n,!0),n.p<e.length&&(l=e.charCodeAt(n.p))!==10&&(l!==13||e.charCodeAt(n.p+1)!==10))p.x("each key-value declaration must be followed by an end-of-line",n);A(n)}return t}/*!
 * Copyright (c) Squirrel Chat et al., All rights reserved.
 * SPDX-License-Identifier: BSD-3-Clause
 *
 * Redistribution and use in source and binary forms, with or without
 * modification, are permitted provided that the following conditions are met:
 *
 * 1. Redistributions of source code must retain the above copyright notice, this
 *    list of conditions and the following disclaimer.
 * 2. Redistributions in binary form must reproduce the above copyright notice,
 *    this list of conditions and the following disclaimer in the
 *    documentation and/or other materials provided with the distribution.
 * 3. Neither the name of the copyright holder nor the names of its contributors
 *    may be used to endorse or promote products derived from this software without
 *    specific prior written permission.
 *
 * THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND
 * ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED
 * WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
 * DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE
 * FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
 * DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
 * SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER
 * CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,
 * OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
 * OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
 */var F=/^[a-z0-9-_]+$/i,Z=!!"".isWellFormed;function w(e){let r=typeof e;if(r==="object"){if(Array.isArray(e))return"array";if(typeof e.getUTCDate==="function"&&e instanceof Date)return"date";if(globalThis.Temporal){if(e.until){if(e instanceof Temporal.ZonedDateTime)return"temporal/tz+uc";if(e instanceof Temporal.PlainDateTime||e instanceof Temporal.PlainDate)return"temporal/uc";if(e instanceof Temporal.PlainTime||e instanceof Temporal.Instant)return"temporal";if(e instanceof Temporal.PlainYearMonth)return"temporal/x"}else if(e.toPlainDate&&e instanceof Temporal.PlainMonthDay||e.negated&&e instanceof Temporal.Duration)return"temporal/x"}}return r}function R(e){for(let r=0;r<e.length;r++)if(w(e[r])!=="object")return!1;return e.length!=0}function z(e){return JSON.stringify(e).replaceAll("","\\u007f")}function q(e){return z(Z?e.toWellFormed():e)}function V(e){if(F.test(e))return e;if(Z&&!e.isWellFormed())throw RangeError("key contains illegal lone surrogates");return z(e)}function D(e,r,n,t,a){if(n===0)throw Error("Could not stringify the object: maximum object depth exceeded");switch(r){case"number":if(isNaN(e))return"nan";if(e===1/0)return"inf";if(e===-1/0)return"-inf";if(Number.isInteger(e)&&(t||!Number.isSafeInteger(e)))return e.toFixed(1);case"bigint":case"boolean":case"temporal":return e.toString();case"string":return q(e);case"date":if(isNaN(e.getTime()))throw TypeError("cannot serialize invalid date");return e.toISOString();case"object":return G(e,n,t,a);case"array":return Y(e,n,t,a);case"temporal/tz+uc":if(a){let l=e.timeZoneId,i=l.charCodeAt(0);if(i!==43&&i!==45&&(i!==85&&i!==71&&i!==90&&i!==69||l!=="UTC"&&l!=="UCT"&&l!=="Universal"&&l!=="Zulu"&&!l.startsWith("GMT")&&l!=="Greenwich"&&!l.startsWith("Etc/")))throw TypeError("Temporal objects with an IANA timezone are not allowed in Temporal strict mode")}case"temporal/uc":if(a&&e.calendarId!=="iso8601")throw TypeError("Temporal objects with a non-default calendar are not allowed in Temporal strict mode");return e.toString({calendarName:"never",timeZoneName:"never"});case"temporal/x":throw TypeError("Unsupported "+e[Symbol.toStringTag])}}function G(e,r,n,t){let a=Object.keys(e);if(a.length===0)return"{}";let l="{ ";for(let i=0;i<a.length;i++){let s=a[i];if(i)l+=", ";l+=V(s)+" = "+D(e[s],w(e[s]),r-1,n,t)}return l+" }"}function Y(e,r,n,t){if(e.length===0)return"[]";let a="[ ";for(let l=0;l<e.length;l++){if(l)a+=", ";if(e[l]===null||e[l]===void 0)throw TypeError("arrays cannot contain null or undefined values");a+=D(e[l],w(e[l]),r-1,n,t)}return a+" ]"}function H(e,r,n,t,a){if(n===0)throw Error("Could not stringify the object: maximum object depth exceeded");let l="";for(let i=0;i<e.length;i++)l+=`${l&&`
`}[[${r}]]
`,l+=E(0,e[i],r,n,t,a);return l}function E(e,r,n,t,a,l){if(t===0)throw Error("Could not stringify the object: maximum object depth exceeded");let i="",s="",f=Object.keys(r);for(let o=0;o<f.length;o++){let u=f[o];if(r[u]!==null&&r[u]!==void 0){let d=w(r[u]);if(d==="symbol"||d==="function")throw TypeError(`cannot serialize values of type '${d}'`);let g=V(u);if(d==="array"&&R(r[u]))s+=(s&&`
`)+H(r[u],n?`${n}.${g}`:g,t-1,a,l);else if(d==="object"){let m=n?`${n}.${g}`:g;s+=(s&&`
`)+E(m,r[u],m,t-1,a,l)}else i+=g,i+=" = ",i+=D(r[u],d,t,a,l),i+=`
`}}if(e&&(i||!s))i=i?`[${e}]
${i}`:`[${e}]`;return i&&s?`${i}
${s}`:i||s}function yr(e,{maxDepth:r=1000,numbersAsFloat:n=!1,strictTemporal:t=!1}={}){if(w(e)!=="object")throw TypeError("stringify can only be called with an object");let a=E(0,e,"",r,n,t);if(a[a.length-1]!==`
`)return a+`
`;return a}/*!
 * Copyright (c) Squirrel Chat et al., All rights reserved.
 * SPDX-License-Identifier: BSD-3-Clause
 *
 * Redistribution and use in source and binary forms, with or without
 * modification, are permitted provided that the following conditions are met:
 *
 * 1. Redistributions of source code must retain the above copyright notice, this
 *    list of conditions and the following disclaimer.
 * 2. Redistributions in binary form must reproduce the above copyright notice,
 *    this list of conditions and the following disclaimer in the
 *    documentation and/or other materials provided with the distribution.
 * 3. Neither the name of the copyright holder nor the names of its contributors
 *    may be used to endorse or promote products derived from this software without
 *    specific prior written permission.
 *
 * THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND
 * ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED
 * WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE
 * DISCLAIMED. IN NO EVENT SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE
 * FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
 * DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR
 * SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS INTERRUPTION) HOWEVER
 * CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY,
 * OR TORT (INCLUDING NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE
 * OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE.
 */var Ho=["person","team","machine"];function ot(e){return e==="person"?"the settings file":`the ${e}'s settings file`}
export{p,rt,yr,Ho,ot};
