/** What `face-trainer help` prints. */
export const USAGE = `Face Trainer trains face-recognition networks on this machine.

  face-trainer train <folder> [options]   train on a folder with one sub-folder a person
  face-trainer train --sample [options]   train on synthetic faces that the program draws itself
                                          (defaults: --size 96 --batch 16 --learning-rate 0.001)
  face-trainer qat <checkpoint> [options] fine-tune a checkpoint for int8 hardware
  face-trainer export <checkpoint> [options]
                                          write a checkpoint as a file that a runtime loads
  face-trainer compare <checkpoint>       float and int8 beside each other: accuracy, size, latency, agreement
  face-trainer predict <checkpoint or exported file> <pictures or folders…>
                                          who is in the pictures
  face-trainer check <folder> [options]   look for trouble in the pictures before training
  face-trainer align <folder> [options]   find, turn and cut out the faces, into a new folder
  face-trainer download-weights           get the ImageNet weights for --width and --size
  face-trainer setup-tensorflow           get TensorFlow, an engine to compare with

Options of train, with their defaults
  --recipe NAME            default, fast or original: what the options below begin with (default)
  --epochs N               passes over the pictures
  --batch N                pictures in a step
  --size N                 side of the input in pixels, a multiple of 32 (128)
  --split F                share of the pictures that trains; the rest validates (0.9)
  --split-by NAME          picture, or identity to validate with people who are not trained on (picture)
  --exclude FILE           list of pictures to leave out, one path a line
  --seed N                 of split, shuffling and random weights (128)
  --weights NAME           imagenet, random, a file in Keras layout (.h5, .npz) or the folder of a checkpoint
  --learning-rate F        of the optimizer
  --head-rate-factor F     what the learning rate of the last layer is multiplied by
  --schedule NAME          constant, or cosine down to zero
  --optimizer NAME         adam, adamw, or sgd with momentum
  --momentum F             of sgd (0.9)
  --weight-decay F         of adamw
  --head-epochs N          epochs at the beginning that train the last layer alone
  --frozen                 train the last layer alone all the time
  --pooling NAME           max or average
  --dropout F              share of the features that a step leaves out
  --label-smoothing F      share of the wished probability spread over all people
  --augment LIST           none, or of flip, shift, scale=F, rotation=F, brightness=F, contrast=F, saturation=F,
                           erasing=F, with commas between
  --people-per-batch N     with --pictures-per-person: batches of N people
  --pictures-per-person N  with --people-per-batch: and N pictures of each
  --width F                MobileNetV2's width multiplier (1)
  --batch-norm-momentum F  auto, or a number from 0 to 1
  --engine NAME            auto, native, tensorflow or javascript (auto)
  --threads N              of the native engine; 0 for every core (0)
  --pixel-cache N          MiB of decoded pictures kept on disk, of all datasets together (20480)
  --download               download the ImageNet weights without asking when they are not there
  --quantize-after N       begin quantization-aware training after so many epochs
  --quantize-after-steps N or after so many steps
  --out FOLDER             the run folder, new or empty (.face-trainer/runs/<id>)
  --json                   print every message as a line of JSON

Options of qat; all but the first three also go with --quantize-after
  --epochs N               passes over the pictures (4)
  --dataset FOLDER         where the pictures are now
  --changed-data           go on although they are not those of the checkpoint's run
  --learning-rate-factor F of the learning rate that the network was trained with (0.1)
  --weight-bits N          8, or 4 to see what that would cost (8)
  --observer NAME          movingAverage, percentile, meanSquaredError or entropy (movingAverage)
  --calibration-pictures N that ranges are found with (512)
  --activations-after F    share of the steps after which activations are rounded as well as kernels (0.1)
  --freeze-batch-norm F    share of the steps after which batch norm keeps its statistics (0.4)
  --freeze-ranges F        share of the steps after which ranges stay (0.6)
  --float-layers LIST      layers that are left in float, with commas between
  --sensitivity N          pictures with which the cost of each layer is measured; 0 leaves it out (128)

Options of export
  --format NAME            tflite, onnx, tfjs, keras, or c: a header for TensorFlow Lite Micro (tflite)
  --precision NAME         float32, or int8 for a checkpoint of qat (float32)
  --part NAME              classifier, or embedding: the network without its last layer (classifier)
  --border NAME            what goes in and comes out of an int8 file: int8 or float32 (int8; onnx: float32)
  --output FILE            of tfjs a folder (in the folder exports of the run)
  --no-measure             leaves accuracy and latency out of the model card
  --json                   print file, bytes and what was measured as JSON

Options of compare
  --json                   print everything as JSON

Options of predict
  --faces NAME             align: find the face and cut it out first; as-they-are; or auto, which aligns where the
                           network was trained on the crops of face-trainer align (auto)
  --json                   print file, person, probability and all scores of each picture as JSON

Options of check
  --size N                 of the network that the pictures are for (128)
  --exclude FILE           list of pictures to leave out
  --write-exclusions FILE  write the list of those that should be left out; nothing else is changed
  --json                   print the whole report as JSON; the exit code is 1 when there are errors

Options of align
  --out FOLDER             for the crops, new or of an earlier run (<folder>-aligned)
  --size N                 side of a crop in pixels (224)
  --threads N              0 for every core (0)
  --json                   print the summary as JSON
`;
