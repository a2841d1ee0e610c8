// Which variables sound as if nobody should see their value, where nobody says so.

/** Of names of variables. */
export const CONFIDENTIAL =
  /pass|pwd|secret|token|key|credential|private|dsn|(?:^|_)pw(?:_|$)|(?:database|db|redis|mongo|amqp|rabbit|postgres|pg|mysql)\w*_ur[il]$/i
