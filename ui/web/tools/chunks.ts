// Puts all that the first page needs into one file: one request, and better compressed than twenty small ones.

interface Module {
  isEntry: boolean;
  importers: readonly string[];
}

interface Graph {
  getModuleInfo: (id: string) => Module | null;
}

/** What the first page gets with a package that names all its parts in one file, and never uses: it only reads. */
const unused = /\/(useMutation|mutationObserver)\.js$/;

/** The chunk of a module that main.tsx imports, directly or not, without import(); null leaves all others to the bundler. */
export function firstPage(id: string, graph: Graph): string | null {
  if (unused.test(id)) return null;
  return reaches(id, graph, new Set()) ? "first" : null;
}

function reaches(id: string, graph: Graph, seen: Set<string>): boolean {
  if (seen.has(id)) return false;
  seen.add(id);
  if (id.endsWith("/src/main.tsx")) return true;
  return graph.getModuleInfo(id)?.importers.some((importer) => reaches(importer, graph, seen)) ?? false;
}
