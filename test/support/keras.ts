/** Packages of PyPI with which tests run Keras. */
export const KERAS = ['keras==3.15.1', 'jax==0.10.2', 'h5py', 'numpy'];
