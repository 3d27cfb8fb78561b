// FROM in a program
