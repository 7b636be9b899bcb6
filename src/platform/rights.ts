/** Rights of what shows or names people: their owner's alone. Windows keeps a profile's files private by itself. */
export const PRIVATE_FOLDER = 0o700;
export const PRIVATE_FILE = 0o600;
/** Of a file that is made to be given away: what the user's umask leaves. */
export const SHARED_FILE = 0o666;
