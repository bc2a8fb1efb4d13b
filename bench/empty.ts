// The floor: what any compiled binary costs before it does anything.
console.log("");
