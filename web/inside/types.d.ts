/**
 * What Python says of the inside of a model: the same here as in inside/reports.py, field by
 * field, where it is said what each is; tests/unit/web/test_types.py sees to that.
 */

interface LineInside {
  line: string;
  tokens: string[];
  following: string[];
  vocabulary: string[];
  probabilities: Float64Array;
  tempered: Float64Array;
  surprises: Float64Array;
  stages: string[];
  stage_logits: Float64Array;
  stage_probabilities: Float64Array;
  layers: number;
  heads: number;
  neurons: number;
  attention: Float64Array;
  hidden: Float64Array;
}

interface PartWorth {
  part: string;
  loss_without: number;
  difference: number;
  error: number;
  worse: number;
}

interface Ablation {
  documents: number;
  lines: "unseen" | "learned" | "loaded" | "own";
  loss: number | null;
  parts: PartWorth[];
  planned: number;
  complete: boolean;
}

interface Without {
  part: string;
  whole: string[];
  without: string[];
}

interface GuessParts {
  beginning: string;
  vocabulary: string[];
  whole: Float64Array;
  parts: string[];
  without: Float64Array;
}

interface Beginning {
  text: string;
  activation: number;
}

interface Effect {
  token: string;
  logit: number;
}

interface Neuron {
  part: string;
  documents: number;
  lines: "unseen" | "learned" | "loaded" | "own";
  active: number;
  beginnings: Beginning[];
  effects: Effect[];
  direct: boolean;
}

interface Distances {
  documents: number;
  lines: "unseen" | "learned" | "loaded" | "own";
  layers: number;
  heads: number;
  distances: number;
  means: Float64Array;
  even: Float64Array;
  counts: number[];
}

interface LetterMap {
  of: string;
  labels: string[];
  left_out: number;
  x: Float64Array;
  y: Float64Array;
  shares: number[];
  distances: Float64Array;
  groups: string[];
  finding: string;
  likely: number | null;
}

interface MatrixBrief {
  name: string;
  rows: number;
  columns: number;
  size: number;
  moved: number | null;
}

interface Matrices {
  matrices: MatrixBrief[];
  start: number | null;
  step: number;
}

interface MatrixInside {
  name: string;
  rows: number;
  columns: number;
  row_names: string[];
  weights: Float64Array;
  change: Float64Array | null;
}

interface WeightStep {
  name: string;
  before: number;
  after: number;
  gradient: number;
  mean: number;
  square: number;
}

interface MatrixStep {
  name: string;
  moved: number;
  gradient: number;
}

interface StepAhead {
  step: number;
  share: number;
}

interface StepInside {
  step: number;
  taken: boolean;
  first: number;
  last: number;
  limit: string;
  documents: string[];
  loss_before: number;
  loss_after: number;
  measured: number;
  lines: "unseen" | "learned" | "loaded" | "own";
  others_before: number;
  others_after: number;
  helped: number;
  learning_rate: number;
  matrices: MatrixStep[];
  largest: WeightStep[];
}

interface MatrixLearning {
  name: string;
  rows: number;
  columns: number;
  row_names: string[];
  before: Float64Array;
  change: Float64Array;
  gradient: Float64Array;
  mean: Float64Array;
  square: Float64Array;
}

interface CodeLine {
  file: string;
  function: string;
  number: number;
  source: string;
}

interface GraphNode {
  id: number;
  name: string;
  data: number;
  gradient: number;
}

interface GraphGroup {
  index: number;
  name: string;
  calls: CodeLine[];
  telling: number;
  operations: string[];
  values: number;
  edges: number;
  vectors: number;
}

interface Graph {
  line: string;
  loss: number;
  values: number;
  edges: number;
  weights: number;
  numbers: number;
  unused: number;
  groups: GraphGroup[];
}

interface GraphVector {
  index: number;
  name: string;
  makes: string;
  operation: string;
  elements: number[];
  values: GraphNode[];
}

interface Term {
  left: GraphNode;
  right: GraphNode | null;
  local: number;
  data: number;
}

interface GraphUse {
  node: GraphNode;
  local: number;
  passes: number;
}

interface GraphValue {
  node: GraphNode;
  operation: string;
  formula: string;
  calls: CodeLine[];
  group: number | null;
  vector: number | null;
  terms: Term[];
  users: GraphUse[];
  users_count: number;
}

interface Proof {
  id: number;
  epsilon: number;
  loss_up: number;
  loss_down: number;
  slope: number;
  gradient: number;
  agrees: boolean;
  note: string;
}

interface PathStep {
  node: GraphNode;
  operation: string;
  local: number;
  line: CodeLine | null;
}

interface WatchedLine {
  line: string;
  whole: number;
  without: number;
  controls: Float64Array;
  difference: number;
  error: number;
  found: boolean;
  left_out: boolean;
}

interface WhatIf {
  share: number;
  complete: boolean;
  matching: number;
  learned: number;
  skipped: boolean;
  steps: number;
  repeats: number;
  trainings: number;
  seconds: number;
  left: number;
  limit: string;
  watched: WatchedLine[];
}

/** What can be asked of the inside of a model: the methods of inside.Inside. */
interface InsideMethods {
  line(text: string, temperature: number): LineInside;
  /** The beginning of a line with what the model makes of it. */
  draw(beginning: string, temperature: number): string;
  /** What follows a beginning, and what would without each part. */
  guess(beginning: string): GuessParts;
  /** Measures for a moment: call again until it is complete. */
  ablation(): Ablation;
  without(part: string, count: number, temperature: number): Without;
  neuron(layer: number, index: number): Neuron;
  distances(): Distances;
  letter_map(of: "wte" | "wpe"): LetterMap;
  matrices(): Matrices;
  matrix(name: string): MatrixInside;
  /** 0 is the next step that there is. Where the way to a step is long, trains for a moment: call again. */
  one_step(step: number): StepInside | StepAhead;
  /** Of the step that was asked for last. */
  one_step_matrix(name: string): MatrixLearning;
  graph(line: string): Graph;
  /** These four of the graph that was asked for last. */
  graph_vectors(group: number): GraphVector[];
  graph_value(id: number): GraphValue;
  graph_path(id: number): PathStep[];
  graph_proof(id: number): Proof;
  /** Trains for a moment: call again until it is complete. */
  what_if(kind: "begins" | "contains" | "lines", text: string, watched: string[]): WhatIf;
}
