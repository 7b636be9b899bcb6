/* Who is it? The vectors that an exported embedding gives, and the gallery beside its C header.
 *
 *   cc -O2 recognize.c -o recognize -lm        with the gallery beside it as model.gallery.h
 *   ./recognize < vectors                      float32, one vector after the other
 *
 * In TensorFlow Lite Micro: who(interpreter.output(0)->data.f, &similarity), of int8 each number less its zero point. */
#include <math.h>
#include <stdio.h>

#include "model.gallery.h"

static double dot(const float* a, const float* b) {
  double sum = 0;
  for (int i = 0; i < FACE_TRAINER_LENGTH; i++) sum += (double)a[i] * b[i];
  return sum;
}

/* The number of a person, or -1 for somebody unknown. */
static int who(const float* face, double* similarity) {
  double alike[FACE_TRAINER_ROWS], length = sqrt(dot(face, face));
  int isNot[FACE_TRAINER_PEOPLE] = {0}, best = -1;
  for (int row = 0; row < FACE_TRAINER_ROWS; row++) {
    unsigned int person = face_trainer_person[row];
    alike[row] = dot(face, face_trainer_rows[row]) / length;
    if (row >= FACE_TRAINER_PEOPLE && alike[row] > alike[person]) isNot[person] = 1;
  }
  for (int i = 0; i < FACE_TRAINER_PEOPLE; i++)
    if (!isNot[i] && (best < 0 || alike[i] > alike[best])) best = i;
  *similarity = best < 0 ? 0 : alike[best];
  return *similarity >= FACE_TRAINER_THRESHOLD ? best : -1;
}

int main(void) {
  float face[FACE_TRAINER_LENGTH];
  double similarity;
  while (fread(face, sizeof face, 1, stdin) == 1) {
    int person = who(face, &similarity);
    printf("%s %.3f\n", person < 0 ? "unknown" : face_trainer_people[person], similarity);
  }
}
