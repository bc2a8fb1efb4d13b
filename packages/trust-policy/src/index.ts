/** Judges an IAM trust policy by the claims of a web identity token, condition by condition. */
export {};
