// Who may import whom (docs/architecture.md, "Import law"). Each rule's comment is what a reader sees who broke it: it
// says what to do instead. Types may cross most borders, since they are gone at run time.

/** Any folder of src but these. */
const otherThan = (...folders) => `^src/(?!(${folders.join('|')})(/|\\.ts$))`

/** What needs to be known everywhere: the error types, and the types of a change set. */
const known = ['^src/cli/(error|interrupted)\\.ts$', '^src/changes/change-set\\.ts$']

/** What reads the disk in objects; the rest of it is values in, values out. */
const readers = '^src/objects/(load|files)\\.ts$'

const may = (from, folders, comment, extra = []) => ({
  name: `${from}-imports`,
  severity: 'error',
  comment,
  from: {path: `^src/${from}/`},
  to: {path: otherThan(from, ...folders), pathNot: [...known, ...extra], dependencyTypesNot: ['type-only']},
})

const mayAlsoTypes = (from, folders, comment, extra = []) => ({
  ...may(from, folders, comment, extra),
  name: `${from}-types`,
  to: {path: otherThan(from, ...folders), pathNot: [...known, ...extra], dependencyTypes: ['type-only']},
})

const pure = (from, comment) => ({
  name: `${from}-is-pure`,
  severity: 'error',
  comment,
  from: {path: `^src/${from}/`},
  to: {path: readers, dependencyTypesNot: ['type-only']},
})

const noDisk = (from, pathNot, comment) => ({
  name: `${from}-no-disk`,
  severity: 'error',
  comment,
  from: {path: `^src/${from}/`, pathNot},
  to: {path: '^(node:)?(fs|fs/promises|child_process|net|http|https)$', dependencyTypes: ['core']},
})

export default {
  forbidden: [
    may(
      'objects',
      [],
      'objects stands at the bottom: it knows Kubernetes objects and no mesh. Move what needs more to the folder that asks for it.',
    ),
    may(
      'config',
      ['objects'],
      'config reads meshctl.yaml, and nothing else. Hand it over as a value: a flow does.',
    ),
    may(
      'mesh',
      ['objects'],
      'mesh answers questions about objects. What it needs from elsewhere is an argument of buildMesh (MeshOptions).',
    ),
    mayAlsoTypes(
      'mesh',
      ['objects'],
      'Not even types: a word that the mesh needs belongs to the mesh (src/mesh/mesh.ts).',
    ),
    pure('mesh', 'mesh is pure: read in a flow, and pass the objects to buildMesh.'),
    noDisk('mesh', [], 'mesh is pure: read in a flow, and pass the objects to buildMesh.'),
    may(
      'stages',
      ['objects', 'mesh', 'config'],
      'A stage asks the mesh and answers with a change set. What it lacks is a question for src/mesh to answer.',
    ),
    pure('stages', 'A stage is pure: objects are read in a flow.'),
    noDisk(
      'stages',
      '^src/stages/template\\.ts$',
      'A stage is pure; only template.ts reads, and only what lies in templates/.',
    ),
    may(
      'vet',
      ['objects', 'mesh', 'config'],
      'A rule asks the mesh and reports. What it lacks is a question for src/mesh to answer.',
    ),
    pure('vet', 'vet is pure: objects are read in a flow.'),
    noDisk('vet', [], 'vet is pure: read in a flow, and pass values in.'),
    may(
      'changes',
      ['objects', 'mesh', 'cluster', 'evidence'],
      'changes carries out what a stage planned, and knows no stage: expectations and reasons come to it as data.',
    ),
    may(
      'cluster',
      ['objects'],
      'cluster lists and applies objects. What they mean for the mesh is for others to say.',
    ),
    may(
      'evidence',
      ['cluster', 'objects', 'mesh'],
      'evidence brings plain data from a live mesh. Who judges it is a flow.',
    ),
    may(
      'render',
      [],
      'render turns a result into text: it knows the types of results and how to lay out text, and works nothing out. A flow does.',
      [
        '^src/objects/(identity|json)\\.ts$',
        '^src/vet/finding\\.ts$',
        '^src/terminal/(marks|style|table|wrap)\\.ts$',
      ],
    ),
    may('terminal', [], 'terminal knows prompts, colour and progress, and not what they are about.'),
    {
      name: 'flows-at-the-top',
      severity: 'error',
      comment:
        'Only a command starts a flow. What two flows share is a file in flows/; what a lower part needs is an argument.',
      from: {path: '^src/', pathNot: '^src/(flows|commands)/'},
      to: {path: '^src/flows/', dependencyTypesNot: ['type-only']},
    },
    {
      name: 'flows-know-no-command',
      severity: 'error',
      comment:
        'A flow never sees argv: it gets values and gives a result back, so that tests and other flows can use it.',
      from: {path: '^src/flows/'},
      to: {path: '^src/(commands/|cli/(?!(error|suggest|signals)\\.ts))', dependencyTypesNot: ['type-only']},
    },
    may(
      'commands',
      ['flows', 'render', 'terminal', 'cli'],
      'A command is flags in, one flow called, a result out. Put the work into src/flows.',
      ['^src/stages/(stage|registry)\\.ts$'],
    ),
    {
      name: 'one-kubernetes-client',
      severity: 'error',
      comment:
        'Only src/cluster imports the Kubernetes client: it takes a second to load, and most commands need none.',
      from: {path: '^(src|bin)/', pathNot: '^src/cluster/'},
      to: {path: 'node_modules/@kubernetes/client-node', dependencyTypesNot: ['type-only']},
    },
    {
      name: 'no-cycles',
      severity: 'error',
      comment: 'These files import each other in a ring. Move what both need into a file of its own.',
      from: {path: '^src/'},
      to: {circular: true, viaOnly: {dependencyTypesNot: ['type-only', 'dynamic-import']}},
    },
    {
      name: 'no-tests-in-the-product',
      severity: 'error',
      comment: 'Tests, scripts and examples import src, never the other way round.',
      from: {path: '^(src|bin)/'},
      to: {path: '^(test|scripts|bench|examples)/'},
    },
    {
      name: 'no-dev-dependency-in-the-product',
      severity: 'error',
      comment: 'It is not installed where meshctl is: make it a dependency in package.json, or do without.',
      from: {path: '^(src|bin)/'},
      to: {dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], dependencyTypesNot: ['type-only']},
    },
    {
      name: 'resolvable',
      severity: 'error',
      comment: 'There is no such file or package.',
      from: {path: '^(src|bin)/'},
      to: {couldNotResolve: true},
    },
  ],
  options: {
    doNotFollow: {path: 'node_modules'},
    tsPreCompilationDeps: true,
    tsConfig: {fileName: 'tsconfig.json'},
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
    },
  },
}
