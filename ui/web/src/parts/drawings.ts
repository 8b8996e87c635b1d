/** Line drawings that the first page does not show. */
export const drawings = {
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M12 7v5l3.500 2",
  check: "M5 13l4.500 4.500L19 7",
  alert: "M12 8v5M12 16.500h.01M12 3l9.500 17h-19z",
  shield: "M12 3l8 3v6c0 5-3.500 8-8 9-4.500-1-8-4-8-9V6zM9 12l2 2 4-4",
} as const;
