const shapes = {
  ticket: "M3 9a2 2 0 0 1 2-2h14a2 2 0 0 1 2 2v1.500a1.500 1.500 0 0 0 0 3V15a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2v-1.500a1.500 1.500 0 0 0 0-3zM14 7v2M14 11v2M14 15v2",
  tag: "M4 12V5a1 1 0 0 1 1-1h7l8 8-8 8zM8.500 8.500h.01",
  bag: "M6 8h12l1 12H5zM9 8V7a3 3 0 0 1 6 0v1",
  stack: "M5 8h14v11H5zM7 5h10M9 2h6",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8M4 21a8 8 0 0 1 16 0",
  search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14M20 20l-4-4",
  cross: "M6 6l12 12M18 6L6 18",
  place: "M12 21s7-6.500 7-12a7 7 0 1 0-14 0c0 5.500 7 12 7 12M12 11.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5",
} as const;

export type Shape = keyof typeof shapes;

/** A line drawing beside a text that says the same: screen readers skip it. */
export function Icon({ shape }: { shape: Shape }) {
  return <Drawing path={shapes[shape]} />;
}

/** The same by its path: for what the first page does not show, and so need not load. */
export function Drawing({ path }: { path: string }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={path} />
    </svg>
  );
}
