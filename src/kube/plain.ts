/** The shape of a class of client-node without the class: what its calls take and give is plain data. */
export type Plain<T> = T extends Date ? T : T extends object ? { [Key in keyof T]: Plain<T[Key]> } : T;
