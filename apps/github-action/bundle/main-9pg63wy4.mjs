function re(e){return`${new Date(e).toISOString().slice(0,19)}Z`}
export{re};
