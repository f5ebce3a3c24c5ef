// Everything that workers call; a kernel is `name(begin, end, thread, ...arguments)` over a range of independent rows.
export { similarityRows, transitionRows } from "./similarity";
export { alsRows } from "./als";
export { factoriseBlocks } from "./factorise";
export { adamRows, spreadRows } from "./graph";
export { gemmBlocks, packPanels, sparseTimesDense } from "./gemm";
export { vectorProducts } from "./vectors";
export { choiceScores, choiceSets, linearSets } from "./choice";
