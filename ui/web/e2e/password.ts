/** The password of everybody in these tests. */
export const password = "correct horse battery";
