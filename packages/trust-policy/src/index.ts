/** Judges an IAM trust policy by the claims of a web identity token, condition by condition. */
// oxlint-disable-next-line unicorn/require-module-specifiers -- its files are not here yet
export {};
