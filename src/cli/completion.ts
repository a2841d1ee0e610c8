// `astern completion bash|zsh|fish`: a script for the shell to read. What it offers is asked of `astern complete`, so that it never grows old.
import { fail } from '../core/errors.ts'
import type { Arguments } from './command.ts'
import { FILES } from './complete.ts'
import type { Context } from './context.ts'

// Bash hands over the command as it was typed, with a ~ that is not yet a path.
const bash = `# bash completion for astern. Use: source <(astern completion bash)
_astern() {
  local astern="\${1/#\\~/$HOME}" line
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == ${FILES} ]]; then
      compopt -o default
      return
    fi
    COMPREPLY+=("\${line%%$'\\t'*}")
  done < <("$astern" complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o nosort -F _astern astern
`

const zsh = `#compdef astern
# zsh completion for astern. Use: source <(astern completion zsh)
_astern() {
  local -a candidates
  local line
  while IFS= read -r line; do
    if [[ $line == ${FILES} ]]; then
      _files
      return
    fi
    candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done < <("\${(Q)words[1]/#\\~/$HOME}" complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)
  _describe -V -t values astern candidates
}
if [[ $funcstack[1] == _astern ]]; then
  _astern "$@"
else
  compdef _astern astern
fi
`

const fish = `# fish completion for astern. Use: astern completion fish | source
function __astern_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  for line in (astern complete -- $words[2..-1] "$current" 2>/dev/null)
    if test "$line" = ${FILES}
      __fish_complete_path "$current"
    else
      echo $line
    end
  end
end
complete -c astern -f -k -a '(__astern_complete)'
`

const scripts: ReadonlyMap<string, string> = new Map([
  ['bash', bash],
  ['zsh', zsh],
  ['fish', fish],
])

export function run(context: Context, args: Arguments): Promise<number> {
  const shell = args.positionals[0]!
  const script = scripts.get(shell)
  if (script === undefined) {
    const problem = context.t('shell_unknown', { shell, known: [...scripts.keys()].join(', ') })
    return Promise.reject(fail('USAGE', { problem, command: args.command }))
  }
  context.write(script)
  return Promise.resolve(0)
}
