-- GET and POST in turn; notes which version answers, and since when: `S version time` when it begins, `E version time` when another one follows.
-- Arguments: the file to note it in (one per thread), the two paths, the body to post.
local ffi = require('ffi')
ffi.cdef('typedef struct { long sec; long usec; } bench_time; int gettimeofday(bench_time *t, void *zone);')

local threads = 0

function setup(thread)
  thread:set('id', threads)
  threads = threads + 1
end

function init(args)
  notes = assert(io.open(args[1] .. '.' .. id, 'w'))
  notes:setvbuf('no')
  time = ffi.new('bench_time')
  requests = {
    wrk.format('GET', args[2]),
    wrk.format('POST', args[3], { ['Content-Type'] = 'application/json' }, args[4]),
  }
  turn = 0
end

function request()
  turn = turn + 1
  return requests[turn % 2 + 1]
end

local function milliseconds()
  ffi.C.gettimeofday(time, nil)
  return tonumber(time.sec) * 1000 + tonumber(time.usec) / 1000
end

function response(status, headers)
  local answered = headers['x-shop-version'] or headers['X-Shop-Version']
  if answered == nil then return end
  local now = milliseconds()
  if answered ~= version then
    if version ~= nil then notes:write(string.format('E %s %.3f\n', version, last)) end
    notes:write(string.format('S %s %.3f\n', answered, now))
    version = answered
  end
  last = now
end

function done(summary)
  local errors = summary.errors
  print(string.format('{"requests":%d,"connect":%d,"read":%d,"write":%d,"status":%d,"timeout":%d}',
    summary.requests, errors.connect, errors.read, errors.write, errors.status, errors.timeout))
end
