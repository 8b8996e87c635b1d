import type { InfiniteData } from "@tanstack/react-query";

interface Page<T> {
  items: T[];
  next_cursor?: string;
}

/** The items of all pages. What moved from one page to the next between two looks is shown once. */
export function itemsOf<T extends { id: string }>(data: InfiniteData<Page<T>> | undefined): T[] {
  const seen = new Map<string, T>();
  for (const page of data?.pages ?? []) {
    for (const item of page.items) if (!seen.has(item.id)) seen.set(item.id, item);
  }
  return [...seen.values()];
}

/** Where the next page begins; undefined after the last. */
export function nextCursor(page: Page<unknown>): string | undefined {
  return page.next_cursor || undefined;
}
